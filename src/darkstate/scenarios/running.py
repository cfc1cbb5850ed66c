"""x"""
ScenarioRun=run_scenario=None
