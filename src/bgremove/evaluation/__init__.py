"""How good a model's alphas are, by what people have marked in photos.

``python -m bgremove.evaluation`` scores a model, or the alphas of any other program;
``python -m bgremove.evaluation.presence`` chooses the rule by which a model says "nobody here".
"""
