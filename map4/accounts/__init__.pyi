"""What other subjects may use of `map4.accounts`."""

from map4.accounts.checked_passwords import check_password as check_password
from map4.accounts.credentials import Credentials as Credentials
from map4.accounts.log_ins import ACCESS_S as ACCESS_S
from map4.accounts.records import MOST_NAME_LETTERS as MOST_NAME_LETTERS
from map4.accounts.records import MOST_PASSWORD_BYTES as MOST_PASSWORD_BYTES
from map4.accounts.records import AuditAction as AuditAction
from map4.accounts.records import Credential as Credential
from map4.accounts.records import CredentialKind as CredentialKind
from map4.accounts.records import SigningKey as SigningKey
from map4.accounts.records import digest_of as digest_of
from map4.accounts.sealing import seal as seal
from map4.accounts.sealing import unseal as unseal
from map4.accounts.store.accounts import SqlAccounts as SqlAccounts
from map4.accounts.use import Accounts as Accounts
