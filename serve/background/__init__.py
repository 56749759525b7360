"""Long work on data sets, runs and classifiers: jobs in processes of their own, their queue, and what they leave."""
