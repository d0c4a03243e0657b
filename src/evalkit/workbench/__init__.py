"""What a person sees in JupyterLab when a cell goes wrong."""
