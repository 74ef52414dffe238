"""What is measured, against what: bench/README.md. Figures are ratios against a yardstick in the same run."""
