"""Lindblad engine: exact density matrices of qubits, spins and truncated modes.

It sorts Hilbert space by conserved charges (`sectors.py`), applies the generator without ever
building it (`generator.py`), in real numbers where phases allow it (`gauge.py`), and finds steady
states by methods in turn (`strategy.py`): dark states in Hilbert space with a proof of uniqueness
(`dark.py`), small sectors densely and larger ones by GMRES with the no-jump evolution as
preconditioner (`steady.py`, `nojump.py`), or by evolving until nothing moves (`evolution.py`, in
Krylov steps). What it will cost is in `cost.py`, why a steady state is not unique in
`conserved.py`, how means answer to parameters in `adjoint.py`, how full the Fock states are in
`fock.py`.
"""

from darkstate.engines.lindblad.engine import Lindblad

__all__ = ["Lindblad"]
