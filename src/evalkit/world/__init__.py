"""The concepts that every room shares: area, period, condition, declared files, numbers and words.

Each idea stands here once. A module of this room imports nothing of the rooms above it.
"""
