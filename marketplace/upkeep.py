"""What only commands and the signer ask of the concepts' rows: which of them have leaves, and how they follow leaves that were
taken back. Whoever checks, signs apart or reconciles imports this; a server that answers pages loads none of it.
"""

from certification.log import logcheck as operations_in_log
from certification.registry import logcheck as acts_in_log
from certification.registry import reconciling as acts_taken_back
from certification.schemes import adopting as schemes_taken_back
from certification.schemes import logcheck as schemes_in_log

LOGGED = (acts_in_log, schemes_in_log, operations_in_log)  # each declares which of its rows have leaves
TAKEN_BACK = (acts_taken_back, schemes_taken_back)  # each declares how its rows follow leaves that were taken back
