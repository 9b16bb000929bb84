"""Data tools: Parquet, and packages for DataFrames."""
