"""sfn_dsl"""
