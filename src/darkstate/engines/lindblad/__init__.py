"""Lindblad engine: exact density matrices of qubits, spins and truncated modes.

It sorts Hilbert space by conserved charges (`sectors.py`), applies the generator without ever
building it (`generator.py`), and finds steady states by a ladder: dark states in Hilbert space with
a proof of uniqueness (`dark.py`), small sectors densely and larger ones by GMRES with the no-jump
evolution as preconditioner (`steady.py`), or by evolving until nothing moves (`evolution.py`, in
Krylov steps of `krylov.py`).
"""

from darkstate.engines.lindblad.engine import Lindblad

__all__ = ["Lindblad"]
