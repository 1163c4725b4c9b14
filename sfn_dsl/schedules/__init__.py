"""Schedule expressions of EventBridge Scheduler: cron, rate and at, with time zones."""
