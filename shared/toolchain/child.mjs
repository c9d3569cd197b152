/**
 * Loaded into every program before its entry. When the launcher dies without a word (killed), the program is told to
 * stop by the same signal that a polite end would have used; otherwise it would run on with nobody to end it.
 */
if (process.channel !== undefined) {
  process.channel.unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}
