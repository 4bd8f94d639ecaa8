"""Many photos: plan who writes where, then run, one outcome a photo.

`plan` looks at names only, and refuses up front what would end badly. `run` does the work here,
`run_parallel` in processes of their own; whatever goes wrong with a photo costs that photo only.
A `Manifest` tells a second run what the first has done, and a `Report` what became of each photo.
"""

from bgremove.batch.jobs import Job, Outcome, Status, Subject
from bgremove.batch.manifest import MANIFEST_FILE, Manifest, Past, read_records
from bgremove.batch.photo import Settings, cut_out
from bgremove.batch.plan import DEFAULT_NAME, Plan, plan, settle_format
from bgremove.batch.pool import available_cores, run_parallel
from bgremove.batch.recipe import Recipe
from bgremove.batch.report import Report, check_report, summary
from bgremove.batch.run import run
from bgremove.batch.sources import names_in_list

__all__ = [
    "DEFAULT_NAME",
    "MANIFEST_FILE",
    "Job",
    "Manifest",
    "Outcome",
    "Past",
    "Plan",
    "Recipe",
    "Report",
    "Settings",
    "Status",
    "Subject",
    "available_cores",
    "check_report",
    "cut_out",
    "names_in_list",
    "plan",
    "read_records",
    "run",
    "run_parallel",
    "settle_format",
    "summary",
]
