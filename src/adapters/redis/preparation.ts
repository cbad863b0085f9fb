import type { Command, Redis } from 'ioredis';

/**
 * Closes a connection unless each step of preparing it (AUTH, SELECT, CLIENT SETNAME) succeeds, also after a reconnect.
 * ioredis would use it all the same, on database 0 for example. The "error" event says why.
 */
export function refuseUnprepared(redis: Redis): void {
  const send = redis.sendCommand;
  let refused: unknown;
  const refuse = () => {
    refused = redis.stream;
    redis.disconnect(true);
  };
  redis.sendCommand = (command, stream) => {
    // Whether such a connection is ready is a question that would wait, with its time limit, for the next.
    if (redis.stream === refused && redis.status === 'connect' && command.name === 'info') return command.promise;
    if (isPreparation(command, redis.status)) closeWhenRefused(redis, command, refuse);
    return send.call(redis, command, stream);
  };
}

function isPreparation({ name, args }: Command, status: string): boolean {
  if (name === 'select' || name === 'auth') return true;
  return name === 'client' && status === 'connect' && String(args[0]).toLowerCase() === 'setname';
}

function closeWhenRefused(redis: Redis, command: Command, refuse: () => void): void {
  const { reject } = command;
  command.reject = (error) => {
    const isOpen = redis.status === 'connect' || redis.status === 'ready';
    if (!isOpen) return reject.call(command, error);
    refuse();
    // ioredis tells of a database itself.
    if (command.name === 'select') return reject.call(command, error);
    if (redis.listenerCount('error') > 0) redis.emit('error', inOneWord(error));
    // Of a login that fails it would make all commands fail that wait for the connection; so it is told of none.
    if (command.name === 'auth') command.resolve(Buffer.from('OK'));
    else reject.call(command, error);
  };
}

/** A password that Redis does not ask for: this may be the wrong Redis. */
function inOneWord(error: Error): Error {
  if (!/no password is set|without any password configured/.test(error.message)) return error;
  return new Error('WRONGPASS a password is given, and this Redis has none', { cause: error });
}
