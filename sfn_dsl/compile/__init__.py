"""Pipeline x target -> StateMachine.

lowering   steps become drafts, drafts become nodes with names and edges, in nested scopes
flow       which steps have certainly run when a node is entered
resolve    every reference finds its value; what is read later is kept in a variable, and nothing else
jsonata, jsonpath   the two ways to write an expression
assemble   nodes become states of the language model
"""
