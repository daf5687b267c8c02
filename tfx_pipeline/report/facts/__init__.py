"""All that a run left behind, as plain values: `report.json`, from which every page is made.

`run_facts` says what there is, `reading` puts it together: from the run's summary, and from
artifacts, each of which may have been deleted since. Values that only a few rows have are hidden
here already (`rare_values`), so nobody who shows these facts has to think of them.
"""
