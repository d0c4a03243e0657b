"""What shows the values of `evalkit.subsidy`: the fields and sliders of a notebook, the answer as a block."""

from __future__ import annotations

from evalkit.reports import plan_form, plan_sliders
from evalkit.subsidy.plan import Plan
from evalkit.world.showing import shows

shows(Plan, "form")(plan_form.form)
shows(Plan, "sliders")(plan_sliders.sliders)
