"""How Django writes dates and times where nothing else is asked for: sortable, 24 hours, with seconds."""

DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i:s"
DATETIME_FORMAT = "Y-m-d H:i:s"
