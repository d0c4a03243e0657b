"""项目支出绩效自评表 (财预〔2020〕10号): what a form declares, how points are earned, what a filled form is.

Words of the form are read by `reading`, points are given by `points`; numbers of the project come in above
(`evalkit.reports.selfeval_filling`), where Word and Excel are made too (`evalkit.reports.selfeval`).
"""

from evalkit.selfeval.evaluated import SelfEvaluation
from evalkit.selfeval.reading import read_form
from evalkit.selfeval.values import Form

__all__ = ["Form", "SelfEvaluation", "read_form"]
