"""Pages that newspaper4k downloads and parses each second, from the same server as `journey`:

    python3 -m pip install newspaper4k
    python3 benches/newspaper4k.py cargo bench --bench journey -- serve 50 100

It has no database, so it does less than `journey` measures. The arguments are the command that serves the pages.
"""

import itertools
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time

import newspaper

# Every so many pages are read, so that a run takes seconds.
STEP = 5


def on_loopback(host, *arguments, **options):
    """Looks up names as the daemon's benchmark does: all sites are on this machine."""
    return lookup("127.0.0.1" if host.endswith("localhost") else host, *arguments, **options)


lookup, socket.getaddrinfo = socket.getaddrinfo, on_loopback


def letters(url):
    """Reads one article. Returns the length of its text."""
    article = newspaper.Article(url)
    article.download()
    article.parse()
    return len(article.text)


def measure(urls, processes):
    started = time.monotonic()
    with multiprocessing.Pool(processes) as pool:
        lengths = pool.map(letters, urls, chunksize=8)
    seconds = time.monotonic() - started
    if min(lengths) < 200:
        sys.exit(f"{sum(length < 200 for length in lengths)} of {len(urls)} pages gave no text")
    print(f"newspaper4k {newspaper.__version__}, {processes} process(es): {len(urls) / seconds:.0f} pages a second")


def main():
    with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True, start_new_session=True) as server:
        urls = list(itertools.takewhile(str.strip, server.stdout))
        if server.poll() is not None or not urls:
            sys.exit("the command that serves the pages has ended")
        try:
            for processes in (1, multiprocessing.cpu_count()):
                measure([url.strip() for url in urls[::STEP]], processes)
        finally:
            os.killpg(server.pid, signal.SIGTERM)


if __name__ == "__main__":
    main()
