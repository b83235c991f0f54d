"""LightGBM's trees as the text file that `crates/extract/src/model.rs` documents."""
import numpy as np

EARLY = (40, -3.0)


def at_most(threshold):
    """The largest f32 not above a threshold: `x <= t` says the same of every f32 x."""
    value = np.float32(threshold)
    return value if float(value) <= threshold else np.nextafter(value, np.float32(-np.inf))


def dump(booster, columns):
    """The text of one stage."""
    trees = [t["tree_structure"] for t in booster.dump_model()["tree_info"]]
    thresholds = {}

    def collect(node):
        if "split_feature" in node:
            thresholds.setdefault(node["split_feature"], set()).add(at_most(node["threshold"]))
            collect(node["left_child"])
            collect(node["right_child"])

    for tree in trees:
        collect(tree)
    used = sorted(thresholds)
    index = {column: i for i, column in enumerate(used)}
    values = {column: sorted(thresholds[column]) for column in used}
    place = {column: {v: i for i, v in enumerate(values[column])} for column in used}

    def write(node, out):
        if "split_feature" in node:
            column = node["split_feature"]
            assert node["decision_type"] == "<="
            out.append(f"{index[column]}.{place[column][at_most(node['threshold'])]}")
            write(node["left_child"], out)
            write(node["right_child"], out)
        else:
            out.append(str(round(node["leaf_value"] * 1000)))
        return out

    lines = ["wiresift-model 1", f"early {EARLY[0]} {EARLY[1]:g}"]
    for column in used:
        shown = " ".join(np.format_float_positional(v, trim="-") for v in values[column])
        lines.append(f"column {columns[column].replace(' ', '+')} {shown}")
    lines += ["tree " + " ".join(write(tree, [])) for tree in trees]
    return "\n".join(lines) + "\n"
