"""How well two sides of vectors line up.

``search``, ``cosine`` and ``retrieval`` measure, ``report`` puts the figures in rows, ``threshold`` and
``verdict`` judge them, ``projection``, ``maps``, ``figures`` and ``page`` show them. All of it works on
plain arrays and knows neither stores nor encoders nor aligners.
"""
