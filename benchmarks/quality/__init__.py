"""Quality on public datasets: what each method scores, and how well aligners align."""
