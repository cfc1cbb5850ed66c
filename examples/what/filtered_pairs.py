"""
Two colours of one atom entangle two qubits
===========================================

Filter cavities on both sides of the line of a weakly driven atom pass photons of a pair.
"""

import matplotlib.pyplot as plt
import numpy as np

import darkstate as ds
from darkstate import plots
from darkstate.systems import Mode, Qubit, concatenate, emitter, sigma_x, two_sided_cavity


def driven(network, drive):
    net = network.open_system()
    return ds.OpenSystem(net.spaces, net.hamiltonian + drive * sigma_x(Qubit("atom")), net.jumps)


def behind(network, side, detuning):
    window = two_sided_cavity(Mode(side), 0.25, 0.25, detuning)
    return concatenate(network, window).feedback("atom", f"{side}_left")


atom = network = emitter(Qubit("atom"), 1.0)
for side, detuning in (("up", 1.0), ("down", -1.0)):
    receiver = emitter(Qubit(f"q_{side}"), 0.1, detuning)
    network = concatenate(behind(network, side, detuning), receiver)
    network = network.feedback(f"{side}_right", f"q_{side}")
engine, drives = ds.engines.Lindblad(cutoff=6), np.linspace(0.05, 0.3, 6)
states = [ds.steady_state(driven(network, drive), engine).state for drive in drives]
light = {"atom": ds.emission_spectrum(driven(atom, 0.3), "atom", np.linspace(-3, 3, 241))}
one = driven(behind(atom, "up", 1.0), 0.3)
light["filter"] = ds.emission_spectrum(one, "up_right", light["atom"].frequency)
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
plots.pair_curve_plot(light, ax=left)
right.plot(drives, [ds.concurrence(state, "q_up", "q_down") for state in states], "o-")
right.set(xlabel="drive", ylabel="concurrence of the receivers")
plots.save(figure, "filtered_pairs", overwrite=True)
