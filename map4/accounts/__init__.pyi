"""What other subjects may use of `map4.accounts`."""

from map4.accounts.credentials import Credentials as Credentials
from map4.accounts.records import MOST_NAME_LETTERS as MOST_NAME_LETTERS
from map4.accounts.records import AuditAction as AuditAction
from map4.accounts.sealing import KeyFile as KeyFile
from map4.accounts.store.accounts import SqlAccounts as SqlAccounts
from map4.accounts.use import Accounts as Accounts
