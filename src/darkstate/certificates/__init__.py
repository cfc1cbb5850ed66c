"""Certificates: statements about entanglement that survive errors of solver and of the state.

``certify(result)`` proves genuine multipartite entanglement by a witness, or finds a PPT mixture
that no such witness detects. What a solver says is never believed: witness and mixture are made
exact, and checked with all rounding, in plain linear algebra.
"""

from darkstate.certificates.asking import (
    certify,
    certify_moments,
    certify_parts,
    noise_tolerance,
)
from darkstate.certificates.certificate import Certificate
from darkstate.certificates.covariance import CovarianceMixture, CovarianceWitness
from darkstate.certificates.depth import entanglement_depth
from darkstate.certificates.gaussian import CovarianceCertificate
from darkstate.certificates.laboratory import MeasurementPlan, measurement_plan
from darkstate.certificates.limits import CertifiedLimit, certified_limit
from darkstate.certificates.marginals import certify_marginals
from darkstate.certificates.mixture import PPTMixture
from darkstate.certificates.witness import Witness

__all__ = [
    "Certificate",
    "CertifiedLimit",
    "CovarianceCertificate",
    "CovarianceMixture",
    "CovarianceWitness",
    "MeasurementPlan",
    "PPTMixture",
    "Witness",
    "certified_limit",
    "certify",
    "certify_marginals",
    "certify_moments",
    "certify_parts",
    "entanglement_depth",
    "measurement_plan",
    "noise_tolerance",
]
