"""The walk through the clinic: everything that people do to a diary, in any order, and what must hold after each step.

Hypothesis chooses the steps. They are spread over modules by what they are about; `machine` puts them together.
"""
