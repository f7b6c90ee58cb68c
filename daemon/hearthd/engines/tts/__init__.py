"""The engines that speak."""
