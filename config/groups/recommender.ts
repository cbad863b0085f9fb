import { HTTP_HEADER, HTTP_URL, oneOf, TEXT, TOKEN, URL_PATH, wholeNumber } from '../formats.ts';
import { optional, secret, withDefault } from '../setting.ts';

const SECONDS = wholeNumber('a number of seconds', 1, 600);
const PATIENCE = wholeNumber('a number of seconds', 0, 86_400);

/** The recommender (contract section 1, "Recommendations"). */
export const RECOMMENDER = {
  API_BASE_URL: optional(
    HTTP_URL,
    'https://recommender.example',
    'Address of the ML Training Recommender API. Where the end of its path repeats the start of API_ENDPOINT, the two are joined once.',
  ),
  API_ENDPOINT: withDefault(URL_PATH, '/public/api/v1/mltr/v3/run', 'Path of the recommender call.'),
  API_KEY: secret(
    TOKEN,
    'key0123456789abcdef',
    'Key for the recommender, sent as the user name of HTTP Basic with an empty password, as an API node of Dataiku takes it.',
  ),
  API_AUTH_HEADER: secret(
    HTTP_HEADER,
    'X-Api-Key: key0123456789abcdef',
    'Header with the credential for the recommender, where it is not HTTP Basic with a key; in place of API_KEY.',
  ),
  API_CLIENT: withDefault(
    oneOf('got', 'undici'),
    'got',
    'Library that calls the recommender. undici takes far less of the processor for a call, the answers are the same.',
  ),
  API_TIMEOUT: withDefault(SECONDS, '30', 'Seconds that one recommender call may take in all.'),
  API_OUTAGE_PATIENCE: withDefault(
    PATIENCE,
    '1800',
    'Seconds that workers pause while the recommender fails for everybody or refuses everybody (401, 403), before employees fail; 0: not at all.',
  ),
  API_CA_FILE: optional(
    TEXT,
    'certs/private-ca.pem',
    "File (PEM) of the private certificate authority that signed the recommender's certificate.",
  ),
};
