import { cp, mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { editionFits, HEAD_BYTES } from '#hub/app/catalogue/file-kind.ts';
import { siteList } from '#hub/http/contract/catalogue.ts';
import { balanceSheet, type RentalDetail, rentalDetail, rentalPage } from '#hub/http/contract/members.ts';
import { computeCharge } from '#shared/domain/charge.ts';
import { tariffSchema } from '#shared/domain/tariff.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import { judgeCopy, sha256OfFile } from './age-judge.ts';
import { type Chronicle, megabytesPerSecond, money } from './chronicle.ts';
import { Customer } from './customer.ts';
import { addTitle, fillShelves, makeTariff, openShop, STORY_TARIFF } from './shop.ts';
import { StaffAgent } from './staff-agent.ts';
import type { Stage } from './stage.ts';

export interface StoryOptions {
  readonly file: string;
  readonly bytes: number;
  /** Whole days between renting and returning, moved on at once; 0: returned right away. */
  readonly days: number;
  readonly keep: string | null;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.mkv': 'video/x-matroska',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.html': 'text/html',
  '.txt': 'text/plain',
};
const DAY_MS = 86_400_000;

/** What the file is by name and content; anything else goes as a file of no kind, which the hub takes too. */
async function mediaTypeOf(path: string): Promise<string> {
  const named = MEDIA_TYPES[extname(path).toLowerCase()];
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const fits = named !== undefined && editionFits(named, buffer.subarray(0, bytesRead)).ok;
    return fits ? named : 'application/octet-stream';
  } finally {
    await file.close();
  }
}

/** The whole way on a stage: upload, rent, judge, play, return, judge again, come back, look into the books. */
export async function tell(stage: Stage, options: StoryOptions, chronicle: Chronicle): Promise<void> {
  const staff = new StaffAgent(stage.hubUrl);
  await staff.signIn(stage.staff.name, stage.staff.password);
  const { titleId, sha256 } = await upload(stage, staff, options, chronicle);

  chronicle.step('Rent at the kiosk');
  const customer = new Customer(stage, chronicle);
  await customer.find(titleId);
  await customer.rent(titleId, 500);

  chronicle.step('Judge with the age tool: before the return');
  const copy = await copyFolder(stage.mediumFolder);
  await judgeBefore(copy, sha256, stage, options, chronicle);
  await play(stage, options, chronicle);

  if (options.days > 0) {
    if (stage.pass === null) throw new Error('time cannot be moved on this stage: leave --days out');
    await stage.pass(milliseconds(options.days * DAY_MS));
    chronicle.step(`${options.days} days pass`);
  }

  chronicle.step('Return at the return terminal');
  const began = stage.clock.monotonic();
  const receipt = await customer.return(5);
  chronicle.say('own time', `${((stage.clock.monotonic() - began) / 1000).toFixed(1)} s`);

  chronicle.step('Judge with the age tool: after the return');
  await judgeAfter(copy, stage, options, chronicle);
  await refusesToPlay(stage, chronicle);

  chronicle.step('At the hub');
  // Days may have passed: a staff session does not last that long.
  await staff.signIn(stage.staff.name, stage.staff.password);
  const rental = await closedRental(stage, staff, titleId);
  // Other copies may have been on a running fleet's medium: they have their own rentals.
  const lines = receipt.lines.filter((line) => line.titleId === titleId);
  const paid = lines.flatMap((line) => line.paid).reduce((sum, part) => sum + part.amount.minor, 0);
  const due = lines.reduce((sum, line) => sum + (line.due?.minor ?? 0), 0);
  await judgeBooks(staff, rental, { paid, due, points: receipt.pointsEarned }, chronicle);

  chronicle.step('Back at the kiosk');
  const shelf = await customer.comeBack();
  for (const title of shelf.slice(0, 5)) chronicle.say('for you', `${title.name} (${title.reason})`);
  chronicle.promise(
    shelf.length > 0 && shelf.every((title) => title.reason !== ''),
    'RET-6: the first shelf comes from the medium, each title with a reason',
  );
}

async function upload(
  stage: Stage,
  staff: StaffAgent,
  options: StoryOptions,
  chronicle: Chronicle,
): Promise<{ titleId: TitleId; sha256: string }> {
  chronicle.step('Upload');
  const sha256 = await sha256OfFile(options.file);
  chronicle.say('file', `${basename(options.file)}, ${options.bytes} bytes, SHA-256 ${sha256}`);
  await openShop(staff);
  const tariffId = await makeTariff(staff);
  await fillShelves(staff, tariffId, stage.clock.now());
  const began = stage.clock.monotonic();
  const titleId = await addTitle(
    staff,
    tariffId,
    {
      name: basename(options.file).slice(0, 80),
      mediaType: await mediaTypeOf(options.file),
      file: options.file,
      sha256,
      demandsBinding: 'none',
      unitsTotal: null,
      releaseInDays: 0,
    },
    stage.clock.now(),
  );
  chronicle.say('uploaded, hashed', megabytesPerSecond(options.bytes, stage.clock.monotonic() - began));
  chronicle.figure('bytes', options.bytes);
  return { titleId, sha256 };
}

/** The newest copy on the medium: ids sort by time. */
async function copyFolder(medium: string): Promise<string> {
  const copies = join(medium, 'KEYTURN', 'copies');
  const newest = (await readdir(copies)).sort().at(-1);
  if (newest === undefined) throw new Error('no copy on the medium');
  return join(copies, newest);
}

async function judgeBefore(
  copy: string,
  sha256: string,
  stage: Stage,
  options: StoryOptions,
  chronicle: Chronicle,
): Promise<void> {
  const identity = await stage.playerIdentity();
  const verdict = await judgeCopy(copy, identity);
  chronicle.say(
    'age says',
    verdict.opens ? `opens, ${verdict.bytes} bytes, SHA-256 ${verdict.sha256}` : verdict.words,
  );
  chronicle.figure('ageBefore', verdict.opens);
  chronicle.promise(
    verdict.opens && verdict.sha256 === sha256,
    "MED-1: age opens the copy with the slot's identity, byte for byte the uploaded file",
  );
  if (options.keep === null) return;
  await mkdir(options.keep, { recursive: true });
  await cp(stage.mediumFolder, join(options.keep, 'before'), { recursive: true, mode: 2 });
  if (identity !== null) await writeFile(join(options.keep, 'player.key'), `${identity}\n`, { mode: 0o600 });
}

async function judgeAfter(
  copy: string,
  stage: Stage,
  options: StoryOptions,
  chronicle: Chronicle,
): Promise<void> {
  const verdict = await judgeCopy(copy, await stage.playerIdentity());
  chronicle.say('age says', verdict.opens ? 'opens' : verdict.words);
  chronicle.figure('ageAfter', verdict.opens);
  chronicle.promise(
    !verdict.opens && verdict.bytes === 0,
    'RET-3: age cannot open the copy any more, not one byte of it',
  );
  if (options.keep !== null) {
    await cp(stage.mediumFolder, join(options.keep, 'after'), { recursive: true, mode: 2 });
    chronicle.say('kept', "the medium before and after the return, and the player's key");
  }
}

/** Plays at home: three places of the file by byte range, compared with the file itself. */
async function play(stage: Stage, options: StoryOptions, chronicle: Chronicle): Promise<void> {
  if (stage.playerUrl === null) return;
  chronicle.step('Play at home');
  await stage.insert('player');
  const { copies } = await shelfOf(stage.playerUrl);
  const copy = copies.find((each) => each.refusal === null);
  if (copy === undefined) throw new Error(`nothing on the medium plays: ${JSON.stringify(copies)}`);
  const opened = await fetch(`${stage.playerUrl}/api/copies/${copy.copyId}/open`, { method: 'POST' });
  const { address } = (await opened.json()) as { address: string };
  const file = await open(options.file, 'r');
  try {
    const length = Math.min(200_000, options.bytes);
    const places = [0, Math.floor((options.bytes - length) / 2) | 1, options.bytes - length].filter(
      (at) => at >= 0 && at + length <= options.bytes,
    );
    let same = true;
    for (const start of places) {
      const began = stage.clock.monotonic();
      const answer = await fetch(`${stage.playerUrl}${address}`, {
        headers: { Range: `bytes=${start}-${start + length - 1}` },
      });
      const played = Buffer.from(await answer.arrayBuffer());
      const wanted = Buffer.alloc(length);
      await file.read(wanted, 0, length, start);
      same = same && answer.status === 206 && played.equals(wanted);
      chronicle.say(
        'seek',
        `to byte ${start}: ${(stage.clock.monotonic() - began).toFixed(1)} ms for ${length} bytes`,
      );
    }
    chronicle.promise(same, 'PLY-1: the player serves any range of the film as it was uploaded');
  } finally {
    await file.close();
  }
  await stage.take();
}

async function refusesToPlay(stage: Stage, chronicle: Chronicle): Promise<void> {
  if (stage.playerUrl === null) return;
  await stage.insert('player');
  const { copies } = await shelfOf(stage.playerUrl);
  chronicle.promise(
    copies.length > 0 && copies.every((copy) => copy.refusal === 'copy_returned'),
    'PLY-1: the player refuses the returned copy and says that it was returned',
  );
  await stage.take();
}

async function shelfOf(playerUrl: string) {
  const answer = await fetch(`${playerUrl}/api/shelf`);
  return (await answer.json()) as { copies: { copyId: string; refusal: string | null }[] };
}

async function closedRental(stage: Stage, staff: StaffAgent, titleId: TitleId): Promise<RentalDetail> {
  for (let tries = 0; ; tries += 1) {
    const { items } = await staff.get(`/rentals?titleId=${titleId}`, rentalPage);
    const [rental] = items;
    if (rental?.status === 'closed') return staff.get(`/rentals/${rental.rentalId}`, rentalDetail);
    if (tries > 60) throw new Error(`the hub never heard of the return: ${JSON.stringify(items)}`);
    await stage.clock.sleep(milliseconds(500));
  }
}

async function judgeBooks(
  staff: StaffAgent,
  rental: RentalDetail,
  taken: { readonly paid: number; readonly due: number; readonly points: number },
  chronicle: Chronicle,
): Promise<void> {
  const [firstReturn] = rental.returns;
  const [site] = (await staff.get('/sites', siteList)).items;
  if (firstReturn?.t0 == null || rental.startedAt === null || site === undefined)
    throw new Error('the hub knows no T0');
  const hours = (firstReturn.t0 - rental.startedAt) / 3_600_000;
  chronicle.say(
    'rental time',
    `${hours.toFixed(2)} h, from ${new Date(rental.startedAt).toISOString()} to ${new Date(firstReturn.t0).toISOString()}`,
  );
  for (const line of rental.lines)
    chronicle.say('charge', `${line.kind} × ${line.units}: ${money(line.amount)}`);
  chronicle.say('total', money(rental.charge));
  chronicle.figure('chargeMinor', rental.charge.minor);
  chronicle.figure('rentalHours', Math.round(hours * 100) / 100);
  const computed = computeCharge({
    terms: {
      tariff: tariffSchema.parse({ ...STORY_TARIFF, tariffId: rental.rentalId, version: 1 }),
      site: site.calendar,
    },
    start: rental.startedAt,
    stop: firstReturn.t0,
    ending: 'returned',
    discounts: [],
    coupons: [],
  });
  chronicle.promise(
    computed.ok && computed.value.total.minor === rental.charge.minor,
    'CHG-7: the hub charged what the tariff says for this time',
  );
  chronicle.promise(
    taken.paid + taken.due === rental.charge.minor,
    `LED-2: paid ${taken.paid} and due ${taken.due} make the charge`,
  );
  const revenue = rental.entries.filter((entry) => entry.unit !== 'PTS');
  chronicle.say(
    'ledger',
    `${revenue.length} entries in money, ${rental.entries.length - revenue.length} in points`,
  );
  chronicle.promise(
    revenue.length > 0 && revenue.reduce((sum, entry) => sum + entry.amount, 0) === 0,
    "LED-1: the rental's entries balance",
  );
  const sheet = await staff.get('/ledger/balance', balanceSheet);
  chronicle.promise(sheet.balanced, 'LED-1: the books of the fleet balance');
  const [proof] = rental.receipts;
  chronicle.say(
    'receipt',
    proof === undefined
      ? 'none'
      : `${proof.claim}, read back by ${proof.readBack}, proof of possession ${firstReturn.proof}`,
  );
  chronicle.promise(
    proof?.claim === 'CLEAR-SLOT' && rental.receipts.length === 1,
    'RET-4: one receipt, and it claims what was proven',
  );
  chronicle.promise(firstReturn.proof === 'proven', 'RET-7: the terminal proved that it held the slot');
  chronicle.promise(rental.stars === 5, 'RAT-1: the rating given at the return terminal counts');
  chronicle.promise(
    taken.points >= STORY_TARIFF.pointsPerRental,
    'RWD-1: rental, rating and reservation earned points',
  );
  chronicle.figure('points', taken.points);
}
