import type { DriveFault, DriveFaultCode } from '#shared/ports/media-drive.ts';

const CODES: Readonly<Record<string, DriveFaultCode>> = {
  ENOSPC: 'medium_full',
  EDQUOT: 'medium_full',
  EROFS: 'medium_read_only',
  EACCES: 'medium_read_only',
  EPERM: 'medium_read_only',
  EFBIG: 'medium_file_too_large',
  ENOENT: 'medium_file_missing',
  ELOOP: 'medium_path_refused',
  ENOTDIR: 'medium_path_refused',
  ENODEV: 'medium_pulled',
  ENXIO: 'medium_pulled',
  ENOMEDIUM: 'medium_pulled',
  ESHUTDOWN: 'medium_pulled',
};

export const errnoOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** What the operating system says, as a fault of the drive. Anything not listed is `medium_io_error`. */
export function driveFault(error: unknown): DriveFault {
  const errno = errnoOf(error);
  // A mistake of the program is no fault of the medium.
  if (errno === '') throw error;
  return { code: CODES[errno] ?? 'medium_io_error', message: `the file system answered ${errno}` };
}
