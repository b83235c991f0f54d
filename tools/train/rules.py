"""What each named rule is worth: the score with the blocks put back that the rule removed."""
import json
import subprocess

import pages as P

KEPT = ("body", "standfirst", "heading", "list item", "longest text")
THRESHOLD = 0.45  # as in crates/extract/src/body.rs; a block with this probability is removed by rules only
GROUPS = {"modern": P.MODERN, "wcxb": ("wcxb",), "daniel": ("daniel",), "l3s_gn1": ("l3s_gn1",),
          "seedsites": ("seedsites", "seedsites_bare")}


def notes(binary, model, held, work):
    """{(set, id): [(text, kept, rule or None)]} of pages by this model."""
    manifest = work / (model.stem + ".jsonl")
    by_path, found = {str(p.path): p for p in held}, {}
    command = [binary, "extract", "--rows", "--model", model, "--manifest", manifest]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as run:
        for line in run.stdout:
            record = json.loads(line)
            page = by_path[record["path"]]
            blocks = zip(record["texts"], record["reasons"], record["chances"])
            found[page.set, page.gold["id"]] = [
                (text, reason in KEPT, None if reason in KEPT or chance < THRESHOLD else reason.split(":")[0])
                for text, reason, chance in blocks]
    return found


def report(corpus, pages, found):
    """A line a rule: figures without it."""
    import score

    residue = score.load_residue(corpus / "residue.txt")
    names = sorted({rule for blocks in found.values() for _, _, rule in blocks if rule})
    print("F1, exact texts, pages with furniture, without the rule")
    print(f"{'rule':<16} blocks  " + "  ".join(f"{group:<22}" for group in GROUPS))
    for name in (None, "(all)", *names):
        back = lambda rule: rule is not None and name in ("(all)", rule)
        texts = {key: "\n".join(text for text, kept, rule in blocks if kept or back(rule))
                 for key, blocks in found.items()}
        taken = sum(back(rule) for blocks in found.values() for _, _, rule in blocks)
        cells = []
        for sets in GROUPS.values():
            golds = [p.gold for p in pages if p.set in sets]
            predictions = {i: {"id": i, "text": text} for (s, i), text in texts.items() if s in sets}
            total, _ = score.score(golds, predictions, residue, draws=0)
            shingle = total["shingle"]
            cells.append(f"{shingle['f1']:.4f} {shingle['accuracy']:.3f} {total['residue']['pages_with']:.3f}  ")
        print(f"{name or '(none)':<16} {taken:>6}  " + "  ".join(f"{cell:<22}" for cell in cells), flush=True)
