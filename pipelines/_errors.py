"""What goes wrong, in classes, and what each class means: tried again, told to the owners of the data, or set aside."""

import sfn_dsl
from sfn_dsl import JOB_FAILED, THROTTLED, TRANSIENT, retry

# The data says something that no repetition changes: told to those who own it, never tried again.
BUSINESS = sfn_dsl.BUSINESS.adding(
    "DbtResultsError", "DataQualityError", "ApprovalRejected", "ApprovalTimedOut", "TooManyRefusedPayments"
)
# No run will ever be able to read it: set aside as a dead letter, never tried again.
POISON = sfn_dsl.POISON.adding("UnreadableInput", "UnknownDataType", "UnknownPaymentType")

# Faults of services pass by themselves. Neither class above is among their names.
RETRY = TRANSIENT + THROTTLED
# In Express executions, which end after five minutes.
RETRY_EXPRESS = TRANSIENT.with_(interval_seconds=1, max_attempts=2) + THROTTLED.with_(interval_seconds=1, max_attempts=5)
# For jobs that may run twice and look at no contents, so that a failed run is a fault of the network or of a machine.
RETRY_JOB = retry(BUSINESS | POISON, max_attempts=0) + RETRY + JOB_FAILED
