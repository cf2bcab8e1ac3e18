-- Content of holds, their keys and the audit log apart: keep the backups of the keys
-- shorter than a hold may last.
CREATE DATABASE sleutels;
CREATE DATABASE audit;
