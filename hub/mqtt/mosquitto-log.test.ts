import { describe, expect, it } from 'vitest';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { downTopic, hubTopic, partitionOf, upTopic } from '#shared/protocol/topics.ts';
import { mosquittoLogReader } from './mosquitto-log.ts';

const KIOSK = 'kiosk-1' as TerminalId;

/** What is read out of lines of a Mosquitto 2.0.11, without the time that begins each. */
const read = (...lines: string[]) => {
  const reader = mosquittoLogReader();
  return lines.map((line) => reader(`2026-11-21T14:37:01: ${line}`)).filter((seen) => seen !== null);
};
const CAME = 'New connection from 192.0.2.7:49234 on port 8883.';
const CONNECTED = "New client connected from 192.0.2.7:58456 as kiosk-1 (p2, c1, k30, u'kiosk-1').";
/** As Mosquitto does. */
const cut = (line: string) => line.slice(0, 999 - '2026-11-21T14:37:01: '.length);

describe('SEC-2: a handshake that failed is read in both ways that Mosquitto tells of it', () => {
  const faults = [
    ['0A000102:SSL routines::unsupported protocol', { kind: 'handshake', why: 'old_tls' }],
    ['0A00009C:SSL routines::http request', { kind: 'handshake', why: 'plain_text' }],
    ['0A00010B:SSL routines::wrong version number', { kind: 'handshake', why: 'plain_text' }],
    ['0A0000C6:SSL routines::packet length too long', { kind: 'handshake', why: 'plain_text' }],
    [
      '0A0000C7:SSL routines::peer did not return a certificate',
      { kind: 'stranger', words: 'peer did not return a certificate' },
    ],
    [
      '0A000086:SSL routines::certificate verify failed',
      { kind: 'stranger', words: 'certificate verify failed' },
    ],
  ] as const;
  it.each(faults)('SEC-2: %s', (said, seen) => {
    const wanted = [{ ...seen, address: '192.0.2.7' }];
    expect(
      read(CAME, `OpenSSL Error[0]: error:${said}`, 'Client <unknown> disconnected: Protocol error.'),
    ).toEqual(wanted);
    expect(read(`Client connection from 192.0.2.7 failed: error:${said}.`)).toEqual(wanted);
    // Whoever connected before has nothing to do with it.
    expect(
      read(
        'New connection from 192.0.2.9:1 on port 8883.',
        `Client connection from 192.0.2.7 failed: error:${said}.`,
      ),
    ).toEqual(wanted);
    expect(read(`Client connection from 2001:db8::7 failed: error:${said}.`)).toEqual([
      { ...seen, address: '2001:db8::7' },
    ]);
  });

  it('SEC-2: neither an end in the middle nor an alert of who came is an attack', () => {
    expect(
      read(
        CAME,
        'OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading',
        'OpenSSL Error[0]: error:02000077:rsa routines::wrong signature length',
        'OpenSSL Error[1]: error:1C880004:Provider routines::RSA lib',
        'OpenSSL Error[0]: error:0A000412:SSL routines::sslv3 alert bad certificate',
        'OpenSSL Error[0]: error:0A000418:SSL routines::tlsv1 alert unknown ca',
        'Client kiosk-1 closed its connection.',
        'Client connection from 192.0.2.7 denied: max_connections exceeded.',
      ),
    ).toEqual([]);
  });
});

describe('SEC-2: what a terminal was refused is read with its topic, whatever the topic is', () => {
  const topics = [
    upTopic('return-1' as TerminalId, 'up'),
    "kt1/0/other-1/up', ... (1 bytes))",
    "x', ... (9 bytes)) Denied PUBLISH from return-1 (d0, q0, r0, m0, 'y",
    'OpenSSL Error[0]: error:0A000102:SSL routines::unsupported protocol',
    "New client connected from 192.0.2.9:1 as return-1 (p2, c1, k30, u'return-1').",
    'return-1 0 #',
    'â\u0080¨kt1',
    ' ',
    'a'.repeat(301),
    'b'.repeat(920),
    'c'.repeat(65_000),
  ];
  it.each(topics.map((topic) => [topic.slice(0, 40), topic]))('SEC-2: %s', (_, topic) => {
    const [published, ...more] = read(
      CONNECTED,
      cut(`Denied PUBLISH from kiosk-1 (d0, q1, r1, m17, '${topic}', ... (1 bytes))`),
    );
    expect(more).toEqual([]);
    expect(published).toMatchObject({ kind: 'publish', terminalId: KIOSK });
    const told = published?.kind === 'publish' ? published.topic : '';
    expect(told.startsWith(topic.slice(0, 900))).toBe(true);
    if (topic.length < 900) expect(told).toBe(topic);

    expect(
      read(
        CONNECTED,
        'Received SUBSCRIBE from kiosk-1',
        cut(`\t${topic} (QoS 0)`),
        cut(`kiosk-1 0 ${topic}`),
        'Sending SUBACK to kiosk-1',
      ),
    ).toEqual([{ kind: 'subscribe', terminalId: KIOSK, topic: cut(`kiosk-1 0 ${topic}`).slice(10) }]);

    expect(
      read(
        CAME,
        CONNECTED,
        'Will message specified (1 bytes) (r1, q1).',
        cut(`\t${topic}`),
        'Sending CONNACK to kiosk-1 (0, 0)',
      ),
    ).toEqual([{ kind: 'will', terminalId: KIOSK, topic: cut(`\t${topic}`).slice(1) }]);
  });

  it('SEC-2: packets that are too large or none', () => {
    expect(
      read(
        'Client kiosk-1 disconnected due to oversize packet.',
        "Dropped too large PUBLISH from kiosk-1 (d0, q0, r0, m0, 'x', ... (300000 bytes))",
        'Client kiosk-1 disconnected due to malformed packet.',
        'Client kiosk-1 disconnected due to protocol error.',
      ),
    ).toEqual([
      { kind: 'frame', terminalId: KIOSK, why: 'too_large' },
      { kind: 'frame', terminalId: KIOSK, why: 'too_large' },
      { kind: 'frame', terminalId: KIOSK, why: 'malformed' },
      { kind: 'frame', terminalId: KIOSK, why: 'malformed' },
    ]);
  });

  it('SYN-1: for whom messages are dropped is read, a terminal or a hub', () => {
    const drops = (client: string) => `Outgoing messages are being dropped for client ${client}.`;
    expect(read(drops('kiosk-1'), drops('hub-0123456789ab'), drops('x y'))).toEqual([
      { kind: 'drops', client: 'kiosk-1', terminalId: KIOSK },
      { kind: 'drops', client: 'hub-0123456789ab', terminalId: null },
    ]);
  });

  it('SEC-2: an honest terminal and a hub are refused nothing', () => {
    const own = (['ack', 'cmd', 'cfg'] as const).map((channel) => downTopic(KIOSK, channel));
    const hub = 'hub-0123456789ab';
    expect(
      read(
        'mosquitto version 2.0.11 running',
        "Warning: ACL pattern 'kt1/+/hub' does not contain '%c' or '%u'.",
        CAME,
        CONNECTED,
        'Will message specified (180 bytes) (r1, q1).',
        `\t${upTopic(KIOSK, 'st')}`,
        'Sending CONNACK to kiosk-1 (0, 0)',
        'Received SUBSCRIBE from kiosk-1',
        ...[...own, hubTopic(partitionOf(KIOSK))].flatMap((topic) => [
          `\t${topic} (QoS 1)`,
          `kiosk-1 1 ${topic}`,
        ]),
        `Received PUBLISH from kiosk-1 (d0, q1, r0, m7, '${upTopic(KIOSK, 'up')}', ... (120 bytes))`,
        `New client connected from 192.0.2.1:33000 as ${hub} (p2, c1, k60, u'hub').`,
        `${hub} 1 kt1/03/+/up`,
        'Client kiosk-1 already connected, closing old connection.',
        'Client kiosk-1 has exceeded timeout, disconnecting.',
      ),
    ).toEqual([]);
  });

  it('SEC-2: a line without its beginning is nothing', () => {
    const reader = mosquittoLogReader();
    for (const line of [
      '',
      ': ',
      'x',
      "Denied PUBLISH from kiosk-1 (d0, q0, r0, m0, 'x', ... (1 bytes))",
      '\t',
    ])
      expect(reader(line)).toBeNull();
  });
});
