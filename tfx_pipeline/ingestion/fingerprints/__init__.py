"""What files hold, known by a digest each, which is remembered while they stay as they are."""
