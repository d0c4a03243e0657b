"""One unit through the years: rows of ledgers that are one unit under other names, codes, places.

`linking.link` joins them (code, name, 原名, a probabilistic model, what the office decided), `events.events` tells what
became of units, `decisions` is the list on which the office answers, `stored` keeps all that beside the build.
"""
