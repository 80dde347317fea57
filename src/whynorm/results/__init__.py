"""From what runs and probes leave behind to tables and figures; opens without torch."""
