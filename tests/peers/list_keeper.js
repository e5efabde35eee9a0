// A station made of the npm package ocpp-rpc, in its strict mode, that keeps a local list.
// It prints what it holds after each update.   node list_keeper.js ENDPOINT IDENTITY SUBPROTOCOL
const { RPCClient } = require('ocpp-rpc');

const [endpoint, identity, protocol] = process.argv.slice(2);
const isV16 = protocol === 'ocpp1.6';
const MOST_PER_MESSAGE = 10;
const client = new RPCClient({ endpoint, identity, protocols: [protocol], strictMode: true });

let version = 0;
let tokens = new Map();
// The first differential after a list is complete is refused, as if somebody had meddled.
let mismatches = 1;

const boot = () =>
  client.call('BootNotification', isV16
    ? { chargePointVendor: 'Maker', chargePointModel: 'Keeper' }
    : { reason: 'PowerUp', chargingStation: { vendorName: 'Maker', model: 'Keeper' } });

const entriesOf = (params) => (params.localAuthorizationList || []).map((entry) => (isV16
  ? [entry.idTag, entry.idTagInfo]
  : [entry.idToken.idToken, entry.idTokenInfo]));

function update(params) {
  const number = isV16 ? params.listVersion : params.versionNumber;
  const entries = entriesOf(params);
  if (entries.length > MOST_PER_MESSAGE) return 'Failed';
  if (params.updateType === 'Differential') {
    if (number <= version) return 'VersionMismatch';
    const isComplete = entries.length === 1;
    if (isComplete && mismatches > 0) {
      mismatches -= 1;
      return 'VersionMismatch';
    }
  } else {
    tokens = new Map();
  }
  for (const [token, info] of entries) {
    if (info) tokens.set(token.toLowerCase(), info.status);
    else tokens.delete(token.toLowerCase());
  }
  version = number;
  return 'Accepted';
}

client.handle('SendLocalList', ({ params }) => {
  const status = update(params);
  const { updateType } = params;
  const size = entriesOf(params).length;
  console.log(JSON.stringify({ updateType, size, status, version, held: [...tokens.keys()] }));
  return { status };
});

client.handle('GetLocalListVersion', () => (
  isV16 ? { listVersion: version } : { versionNumber: version }));

const VALUES = { LocalAuthListEnabled: 'true', SendLocalListMaxLength: String(MOST_PER_MESSAGE) };

client.handle('GetConfiguration', ({ params }) => {
  const asked = params.key || Object.keys(VALUES);
  return {
    configurationKey: asked.filter((key) => key in VALUES)
      .map((key) => ({ key, readonly: true, value: VALUES[key] })),
    unknownKey: asked.filter((key) => !(key in VALUES)),
  };
});

client.handle('GetVariables', ({ params }) => ({
  getVariableResult: params.getVariableData.map(({ component, variable }) => {
    const value = { Enabled: 'true', ItemsPerMessage: String(MOST_PER_MESSAGE) }[variable.name];
    return value === undefined
      ? { component, variable, attributeStatus: 'UnknownVariable' }
      : { component, variable, attributeStatus: 'Accepted', attributeValue: value };
  }),
}));

client.connect().then(boot).catch((error) => { console.error(error); process.exit(1); });
