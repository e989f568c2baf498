"""./dev interop: what this project does with real IdPs, on loopback, from login to logout, both ways.

Usage: run.py <folder of our programs> <folder of unpacked peers> <folder to work in> <docs/interop.md> [IdP...]
Without names all IdPs are played, and the table is written into the document. Exit status 1: a case failed.
"""
import pathlib
import shutil
import signal
import sys

import cases_browser_logout
import cases_keycloak
import cases_lasso
import cases_lemonldap
import cases_sign_on
from processes import Keeper, Unavailable
from table import Table

LANES = {"lemonldap": cases_lemonldap, "lasso": cases_lasso, "keycloak": cases_keycloak,
         **cases_sign_on.LANES, **cases_browser_logout.LANES}


class Site:
    """Where things are, and who ends what was started."""

    def __init__(self, keeper, programs, peers, work, screenshots):
        self.keeper, self.programs, self.peers, self.work = keeper, programs, peers, work
        self.screenshots = screenshots


def main(programs, peers, work, document, *names):
    # Let Python clean up when it's told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    programs, peers, work = (pathlib.Path(folder).resolve() for folder in (programs, peers, work))
    document, table = pathlib.Path(document), Table()
    for name in names or LANES:
        folder = work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        screenshots = folder if names else document.parent / "screenshots"
        with Keeper() as keeper:
            try:
                LANES[name].play(Site(keeper, programs, peers, folder, screenshots), table)
            except Unavailable as problem:
                table.skip((LANES[name].NAME, ""), str(problem))
            except Exception as problem:  # pylint: disable=broad-exception-caught
                table.fail((LANES[name].NAME, ""), f"{type(problem).__name__}: {problem}")
    print("\n" + table.text())
    if not names:
        table.write_into(document)
    return 1 if table.failures() else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
