"""What goes wrong, in classes, and what each class means: tried again, told to the owners of the data, or set aside."""

import sfn_dsl
from sfn_dsl import THROTTLED, TRANSIENT

# The data says something that no repetition changes: told to those who own it, never tried again.
BUSINESS = sfn_dsl.BUSINESS.adding(
    "DbtResultsError", "DataQualityError", "ApprovalRejected", "ApprovalTimedOut", "TooManyRefusedPayments"
)
# No run will ever be able to read it: set aside as a dead letter, never tried again.
POISON = sfn_dsl.POISON.adding("UnreadableInput", "UnknownDataType", "UnknownPaymentType")

# Faults of services pass by themselves. Neither class above is among their names; nor is a job that ran and failed, which says
# `States.TaskFailed` whatever the reason, so that a repetition would repeat business errors too.
RETRY = TRANSIENT + THROTTLED
# In Express executions, which end after five minutes.
RETRY_EXPRESS = TRANSIENT.with_(interval_seconds=1, max_attempts=2) + THROTTLED.with_(interval_seconds=1, max_attempts=5)
