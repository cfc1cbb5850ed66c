"""Pictures of results, made to be put into a paper: labelled data in, a matplotlib Figure out.

    entanglement_map(pair_table(state, log_negativity))     who shares how much with whom
    network(state)                                          the same as a drawn network
    pair_curve_plot({"loss 0.1": pair_curve(state, ...)})   along the chain
    time_evolution(result.table)                            over time
    wigner_map(wigner(state, "a", x))                       in phase space
    bloch_ball(bloch_vector(state, "q"))                    in the Bloch ball
    hinton(state)                                           entry by entry
    sweep_curve(data, x="loss", lines="sites")              over a parameter
    sweep_picture(open_sweep(path).table())                 whatever suits a sweep
    gradient_bars(gradient(model, merit, ["loss"]))         what a number gains from each knob
    sensitivity_bars(optimise(...).sensitivities())         knobs of a design and their tolerances
    witness_chart(measurement_plan(certificate).terms)      the local terms of a witness
    save(figure, "figures/map")                             figures/map.png and figures/map.svg

Labels and units come from the data's attributes. ``ax=`` draws any of them into axes of yours. No
function changes global matplotlib state, and this folder is the only one that imports matplotlib.
"""

from darkstate.plots.bloch import bloch_ball
from darkstate.plots.certified import certified_range, witness_chart
from darkstate.plots.curves import pair_curve_plot, time_evolution
from darkstate.plots.designs import convergence_curves, pareto_front, sensitivity_bars
from darkstate.plots.gradients import gradient_bars
from darkstate.plots.hinton import hinton
from darkstate.plots.maps import entanglement_map
from darkstate.plots.network import network
from darkstate.plots.phase_space import wigner_map
from darkstate.plots.place import legend_above
from darkstate.plots.saving import save, save_panel
from darkstate.plots.style import COLUMN, DOUBLE, axis_label, house_style
from darkstate.plots.sweep import sweep_curve
from darkstate.plots.sweep_map import sweep_map
from darkstate.plots.sweep_panels import sweep_columns, sweep_panels, sweep_picture, sweep_points

__all__ = [
    "COLUMN",
    "DOUBLE",
    "axis_label",
    "bloch_ball",
    "certified_range",
    "convergence_curves",
    "entanglement_map",
    "gradient_bars",
    "hinton",
    "house_style",
    "legend_above",
    "network",
    "pair_curve_plot",
    "pareto_front",
    "save",
    "save_panel",
    "sensitivity_bars",
    "sweep_columns",
    "sweep_curve",
    "sweep_map",
    "sweep_panels",
    "sweep_picture",
    "sweep_points",
    "time_evolution",
    "wigner_map",
    "witness_chart",
]
