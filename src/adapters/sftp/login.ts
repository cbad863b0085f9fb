import type { AuthenticationType, AuthHandlerMiddleware, KeyboardInteractiveAuthMethod, Prompt } from 'ssh2';
import type { SftpServer } from './server.ts';

type Method = 'publickey' | 'password' | 'keyboard-interactive';

/**
 * Decides how to log in: asks which methods the server takes, and tries the key, then the password, each once. It
 * answers keyboard-interactive only where plain passwords are not taken, so a wrong one counts once.
 */
export function loginMethods({ username, password, privateKeyFile }: SftpServer): AuthHandlerMiddleware {
  const left = new Set<Method>();
  if (privateKeyFile !== undefined) left.add('publickey');
  if (password !== undefined) left.add('password').add('keyboard-interactive');

  const take = (method: Method): void => {
    left.delete(method);
    if (method === 'password') left.delete('keyboard-interactive');
  };
  return (offered: readonly AuthenticationType[] | null, _partialSuccess, next) => {
    if (offered === null) return next('none');
    const method = [...left].find((each) => offered.length === 0 || offered.includes(each));
    // The library's types lack the value by which it is told that nothing is left.
    if (method === undefined) return next(false as unknown as AuthenticationType);
    take(method);
    next(method === 'keyboard-interactive' ? keyboardInteractive(username, password!) : method);
  };
}

/**
 * Answers what is not shown while it is typed with the password, once; what else a server may ask is not known here.
 */
function keyboardInteractive(username: string, password: string): KeyboardInteractiveAuthMethod {
  let given = false;
  return {
    type: 'keyboard-interactive',
    username,
    prompt: (_name, _instructions, _language, prompts: Prompt[], finish) => {
      const answers = prompts.map(({ echo }) => {
        if (echo === true || given) return '';
        given = true;
        return password;
      });
      finish(answers);
    },
  };
}
