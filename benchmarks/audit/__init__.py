"""The audit: random small systems through the front door, against dense linear algebra of its own.

* `wide`: arithmetic with twice the digits of a double, so that rates over many decades are exact;
* `sketch`: a system in plain data, as an `OpenSystem` and as matrices, each on its own way;
* `dice`, `finite`, `bosonic`, `families`: the random systems, from a seed;
* `reference`: steady states, gaps and evolutions from these matrices;
* `gaussian`: moments of quadratic networks;
* `compare`: one system through the front door, held against its reference;
* `summary`: the table and the figure.

Nothing of darkstate is used but its language and its front door.
"""
