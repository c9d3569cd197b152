import { downTopic, hubTopic, partitionOf, upTopic } from '#shared/protocol/topics.ts';
import type { Attack } from '#test/attack/contract.ts';
import { hubAnswers, pause, sessionOf, stolenTerminal, witness } from '#test/attack/support/wire.ts';

const PRESENCE = JSON.stringify({ version: { major: 1, minor: 0 }, online: false, session: 'attack' });

export const publishOnOther: Attack = {
  id: 'publish-on-other-topics',
  threat: 'publish-on-other',
  rule: 'SEC-2',
  on: 'every-broker',
  expect: 'refused',
  async run(target) {
    const thief = await stolenTerminal(target, 'thief-publishes');
    const victim = await witness(target, 'victim-of-publish');
    const { terminalId } = victim;
    const topics = [
      upTopic(terminalId, 'up'),
      upTopic(terminalId, 'st'),
      upTopic(terminalId, 'tm'),
      downTopic(terminalId, 'cmd'),
      downTopic(terminalId, 'cfg'),
      downTopic(terminalId, 'ack'),
      hubTopic(partitionOf(terminalId)),
      `${upTopic(thief.terminalId, 'up')}/../../${terminalId}/up`,
      '__proto__',
      'constructor/prototype',
      '$SYS/broker/version',
    ];
    for (const topic of topics)
      for (const retain of [false, true]) {
        const { client } = await sessionOf(target, thief);
        client.publish(topic, PRESENCE, { qos: 1, retain });
        await pause(100);
        client.end(true);
      }
    await pause(500);
    const heard = victim.heard.length;
    // Retained ones would wait for the next connection.
    const works = await hubAnswers(victim);
    victim.client.end(true);
    const later = await sessionOf(target, victim);
    await later.client.subscribeAsync([downTopic(terminalId, 'cmd'), downTopic(terminalId, 'cfg')]);
    await pause(500);
    later.client.end(true);
    const kept = later.heard.filter(({ text }) => text === PRESENCE).length;
    return {
      outcome: heard === 0 && kept === 0 && works ? 'refused' : 'got-through',
      evidence: `${topics.length * 2} messages on others' topics: ${heard} heard, ${kept} retained, the victim's own way ${works ? 'works' : 'is broken'}`,
      trace: { alert: 'security_publish_denied', subject: thief.terminalId },
    };
  },
};

export const willOnOther: Attack = {
  id: 'will-on-other-topics',
  threat: 'will-on-other',
  rule: 'SEC-2',
  on: 'every-broker',
  expect: 'refused',
  async run(target) {
    const thief = await stolenTerminal(target, 'thief-leaves-a-will');
    const victim = await witness(target, 'victim-of-will');
    const topics = [
      upTopic(victim.terminalId, 'st'),
      upTopic(victim.terminalId, 'up'),
      downTopic(victim.terminalId, 'cmd'),
      hubTopic(partitionOf(victim.terminalId)),
    ];
    let admitted = 0;
    for (const topic of topics) {
      const will = { topic, payload: Buffer.from(PRESENCE), qos: 1 as const, retain: true };
      const session = await sessionOf(target, thief, { will }).catch(() => null);
      if (session === null) continue;
      admitted += 1;
      // Dies without a good-bye: now the broker would publish the will.
      session.client.stream.destroy();
      await pause(200);
    }
    await pause(500);
    const heard = victim.heard.length;
    const works = await hubAnswers(victim);
    victim.client.end(true);
    return {
      outcome: heard === 0 && works ? 'refused' : 'got-through',
      evidence: `${topics.length} wills on others' topics: ${admitted} connections came about, ${heard} wills heard`,
      trace: { alert: 'security_will_denied', subject: thief.terminalId },
    };
  },
};

export const subscribeToOther: Attack = {
  id: 'subscribe-to-others',
  threat: 'subscribe-to-other',
  rule: 'SEC-2',
  on: 'every-broker',
  expect: 'refused',
  async run(target) {
    const thief = await stolenTerminal(target, 'thief-listens');
    const victim = await witness(target, 'victim-of-listener');
    const filters = [
      downTopic(victim.terminalId, 'ack'),
      upTopic(victim.terminalId, 'up'),
      '#',
      'kt1/#',
      'kt1/+/+/dn/ack',
      '+/+/+/up',
      `kt1/${partitionOf(victim.terminalId)}/${victim.terminalId}/#`,
      '$SYS/#',
      '$share/thieves/kt1/#',
      '__proto__/#',
    ];
    const heard: { topic: string }[] = [];
    let answered = true;
    for (const filter of filters) {
      const session = await sessionOf(target, thief);
      await session.client.subscribeAsync([filter], { qos: 1 }).catch(() => []);
      answered &&= await hubAnswers(victim);
      await pause(150);
      session.client.end(true);
      heard.push(...session.heard.filter(({ topic }) => !/^kt1\/\d\d\/hub$/.test(topic)));
    }
    victim.client.end(true);
    return {
      outcome: heard.length === 0 && answered ? 'refused' : 'got-through',
      evidence: `${filters.length} filters, ${heard.length} of others' messages heard${heard[0] === undefined ? '' : `, such as ${heard[0].topic}`}; the victim ${answered ? 'heard its own' : 'was cut off'}`,
      trace: { alert: 'security_subscribe_denied', subject: thief.terminalId },
    };
  },
};
