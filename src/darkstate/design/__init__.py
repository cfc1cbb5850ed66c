"""Design: from a wanted state and a given hardware to the network that prepares it.

``synthesise(target, jumps=[...], hamiltonian=[...])`` finds all networks of the hardware that keep
a pure state, one for which it is the only steady state, or proves that there is none.
``gradient(model, merit(...), parameters)`` tells how a steady state answers to every knob, and
``optimise(model, merit(...), bounds)`` which knobs give most, and how tight they must be.
"""

from darkstate.design.asking import synthesise
from darkstate.design.batch_gradient import gradients
from darkstate.design.certificate import NoNetwork
from darkstate.design.gradient import gradient
from darkstate.design.imperfections import Imperfections
from darkstate.design.knobs import Knob
from darkstate.design.merit import Merit, merit
from darkstate.design.optimise import optimise
from darkstate.design.optimum import Design, DesignCost, LocalOptimum
from darkstate.design.pareto import FrontPoint, ParetoFront, pareto
from darkstate.design.programming import ProgrammedNetwork, programme
from darkstate.design.quantities import Constraint
from darkstate.design.synthesis import Networks, Synthesis

__all__ = [
    "Constraint",
    "Design",
    "DesignCost",
    "FrontPoint",
    "Imperfections",
    "Knob",
    "LocalOptimum",
    "Merit",
    "Networks",
    "NoNetwork",
    "ParetoFront",
    "ProgrammedNetwork",
    "Synthesis",
    "gradient",
    "gradients",
    "merit",
    "optimise",
    "pareto",
    "programme",
    "synthesise",
]
