/** The name of a user, as /etc/passwd of a machine with nobody but root has it. Others are shown by number. */
export const userName = (uid: number): string => (uid === 0 ? 'root' : String(uid));
