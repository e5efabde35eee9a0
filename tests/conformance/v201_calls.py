"""OCPP 2.0.1: the certification cases that are calls of ours, with what stations answer."""

from tests.conformance.kit import Case
from tests.conformance.v201_calls_b_to_h import C_AND_D, B, E, F, H
from tests.conformance.v201_calls_i_to_m import I_AND_K, L, M
from tests.conformance.v201_calls_n_and_o import N, O

CALLS: tuple[Case, ...] = (*B, *C_AND_D, *E, *F, *H, *I_AND_K, *L, *M, *N, *O)
