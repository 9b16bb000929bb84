"""What other subjects may use of `map4.care`."""

from map4.care.backups import BackupOptions as BackupOptions
from map4.care.backups import dated_backup as dated_backup
from map4.care.part import CarePart as CarePart
