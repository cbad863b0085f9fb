// Proves how API_BASE_URL and API_ENDPOINT become one address (contract section 1, "Recommendations").
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { recommenderUrl } from '../../../src/domain/recommender/url.ts';

describe('recommenderUrl', () => {
  test.each([
    ['https://api.example', '/public/api/v1/mltr/v3/run', 'https://api.example/public/api/v1/mltr/v3/run'],
    ['https://api.example/', 'public/api/run', 'https://api.example/public/api/run'],
    ['https://api.example/public', '/public/api/run', 'https://api.example/public/api/run'],
    ['https://api.example/public/', '/public/api/run', 'https://api.example/public/api/run'],
    ['https://api.example/x/public/api', '/public/api/run', 'https://api.example/x/public/api/run'],
    ['https://api.example/public/api/run', '/public/api/run', 'https://api.example/public/api/run'],
    ['https://api.example/a/a', '/a/a/b', 'https://api.example/a/a/b'],
    // Whole segments only, and only the end of the base against the start of the endpoint.
    ['https://api.example/republic', '/public/run', 'https://api.example/republic/public/run'],
    ['https://api.example/public', '/publications/run', 'https://api.example/public/publications/run'],
    ['https://api.example/public/v1', '/public/run', 'https://api.example/public/v1/public/run'],
    ['https://api.example/public', '/run/public', 'https://api.example/public/run/public'],
    ['http://api.example:8080/public', '/public/run/?key=1', 'http://api.example:8080/public/run/?key=1'],
    ['https://user:secret@api.example', '/run', 'https://user:secret@api.example/run'],
    ['https://api.example/a%20b', '/a%20b/run', 'https://api.example/a%20b/run'],
    ['https://api.example', '', 'https://api.example/'],
    ['https://api.example/a/', '', 'https://api.example/a/'],
    ['https://api.example/a', '/', 'https://api.example/a'],
    ['https://api.example', '//run', 'https://api.example/run'],
  ])('%s and %s make %s', (base, endpoint, expected) => {
    expect(recommenderUrl(base, endpoint).href).toBe(expected);
  });

  test('a stretch that both share is there once, wherever the two are cut', () => {
    const segments = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(segments, fc.nat(8), fc.nat(8), (path, one, other) => {
        const from = Math.min(one, other, path.length);
        const to = Math.min(Math.max(one, other), path.length);
        const base = `https://api.example/${path.slice(0, to).join('/')}`;
        expect(recommenderUrl(base, `/${path.slice(from).join('/')}`).pathname).toBe(`/${path.join('/')}`);
      }),
    );
  });

  test.each(['', 'api.example', 'ftp://api.example', 'https://', 'https://api.example/?a=1', 'https://api.example/#a'])(
    'the base %j is refused with the name of the setting',
    (base) => {
      expect(() => recommenderUrl(base, '/run')).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('API_BASE_URL') }),
      );
    },
  );

  test('a password in a wrong base stays out of the message', () => {
    expect(() => recommenderUrl('ftp://user:hunter2@api.example', '/run')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });

  test.each(['https://other.example/run', 'mailto:a', '/run#part'])('the endpoint %j is refused', (endpoint) => {
    expect(() => recommenderUrl('https://api.example', endpoint)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('API_ENDPOINT') }),
    );
  });
});
