-- Roles hold for the whole server and hold nothing by themselves. Nobody logs in as one of them: people and terminals have
-- roles of their own that are members. Run by whoever may make roles; may be run again.

DO $$
DECLARE
  wanted name;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['cardd_fleet_owner', 'cardd_fleet_terminal', 'cardd_fleet_auditor', 'cardd_fleet_keeper', 'cardd_fleet_watcher'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
    END IF;
  END LOOP;
END $$;

COMMENT ON ROLE cardd_fleet_owner IS 'owns the tables of cardd; its functions are the only way in';
COMMENT ON ROLE cardd_fleet_terminal IS 'terminals: may call the functions of shipping';
COMMENT ON ROLE cardd_fleet_auditor IS 'auditors: read everything, change nothing';
COMMENT ON ROLE cardd_fleet_keeper IS 'keepers: enrol terminals, make partitions, ask for a cut and agree to it';
COMMENT ON ROLE cardd_fleet_watcher IS 'the rules over the terminals: reads records, tells alarms';
