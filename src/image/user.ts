/** The number of a user, by name or number. Names may come from anywhere (LDAP, systemd), so the system's own program is asked. */
import { KsmError } from '../errors.ts';

/** Throws EUSAGE if there is no such user. A number need not be anybody's: processes of users without names have them, too. */
export async function userNumber(user: string): Promise<number> {
  if (/^\d{1,10}$/.test(user)) return Number(user);
  const said = user.startsWith('-') ? undefined : await askFor(user);
  if (said !== undefined && /^\d+\n$/.test(said)) return Number(said);
  throw new KsmError('EUSAGE', `--user ${user}: there is no such user; give a name of this system, or a number.`);
}

function askFor(user: string): Promise<string | undefined> {
  // Not imported: a scan of images would load it for nothing.
  const { execFile } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve) =>
    execFile('id', ['-u', user], (error, said) => resolve(error === null ? said : undefined)),
  );
}
