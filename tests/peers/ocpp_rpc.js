// A station made of the npm package ocpp-rpc, in its strict mode: it checks each of our messages
// by its own copy of the schemas.   node ocpp_rpc.js ENDPOINT IDENTITY SUBPROTOCOL TOKEN FOLDER
const fs = require('fs');
const http = require('http');
const { pipeline } = require('stream/promises');
const { RPCClient } = require('ocpp-rpc');

const [endpoint, identity, protocol, token, folder] = process.argv.slice(2);
const isV16 = protocol === 'ocpp1.6';
const client = new RPCClient({
  endpoint,
  identity,
  protocols: [protocol],
  // Its schemas of 2.1 know no BootNotification.
  strictMode: protocol !== 'ocpp2.1',
});

const now = () => new Date().toISOString();

const boot = () =>
  client.call('BootNotification', isV16
    ? { chargePointVendor: 'Maker', chargePointModel: 'Wallbox' }
    : { reason: 'PowerUp', chargingStation: { vendorName: 'Maker', model: 'Wallbox' } });

const tellStatus = (status) =>
  client.call('StatusNotification', isV16
    ? { connectorId: 1, errorCode: 'NoError', status }
    : { timestamp: now(), connectorStatus: status, evseId: 1, connectorId: 1 });

async function chargeV16() {
  await client.call('Authorize', { idTag: token });
  const { transactionId } = await client.call('StartTransaction',
    { connectorId: 1, idTag: token, meterStart: 0, timestamp: now() });
  await client.call('StopTransaction', { transactionId, meterStop: 1500, timestamp: now() });
}

async function chargeV2() {
  const idToken = { idToken: token, type: 'ISO14443' };
  await client.call('Authorize', { idToken });
  for (const [seqNo, eventType] of ['Started', 'Updated', 'Ended'].entries()) {
    await client.call('TransactionEvent', {
      eventType, seqNo, timestamp: now(), triggerReason: 'Authorized', idToken,
      transactionInfo: { transactionId: 'peer-1' }, evse: { id: 1, connectorId: 1 },
      meterValue: [{ timestamp: now(), sampledValue: [{ value: 750 * seqNo }] }],
    });
  }
}

async function reboot() {
  await client.close({ awaitPending: true });
  await client.connect();
  await boot();
  await tellStatus('Available');
}

const soon = (action) => { setTimeout(() => action().catch(fail), 50); };
const fail = (error) => { console.error(error); process.exit(1); };

client.handle('ChangeAvailability', () => {
  soon(() => tellStatus('Unavailable'));
  return { status: 'Accepted' };
});
client.handle('UnlockConnector', () => ({ status: 'Unlocked' }));
client.handle('Reset', () => { soon(reboot); return { status: 'Accepted' }; });

// Files: the firmware is kept in the folder, the log is there.
async function fetchFirmware(location, about) {
  const tell = (status) => client.call('FirmwareStatusNotification', { status, ...about });
  await tell('Downloading');
  const answer = await new Promise((resolve, reject) => {
    http.get(location, resolve).on('error', reject);
  });
  await pipeline(answer, fs.createWriteStream(`${folder}/firmware`));
  const isWhole = answer.statusCode === 200 && answer.complete;
  await tell(isWhole ? 'Downloaded' : 'DownloadFailed');
  if (!isWhole) return;
  await tell('Installing');
  await tell('Installed');
}

async function sendLog(location, action, about) {
  await client.call(action, { status: 'Uploading', ...about });
  // It appends the name, as the reference implementations do, and sends in chunks.
  const answer = await new Promise((resolve, reject) => {
    const request = http.request(`${location}station.log`, { method: 'PUT' }, resolve);
    request.on('error', reject);
    fs.createReadStream(`${folder}/station.log`).pipe(request);
  });
  answer.resume();
  const status = answer.statusCode === 200 ? 'Uploaded' : 'UploadFailed';
  await client.call(action, { status, ...about });
}

client.handle('UpdateFirmware', ({ params }) => {
  const about = isV16 ? {} : { requestId: params.requestId };
  soon(() => fetchFirmware(isV16 ? params.location : params.firmware.location, about));
  return isV16 ? {} : { status: 'Accepted' };
});
client.handle('GetDiagnostics', ({ params }) => {
  soon(() => sendLog(params.location, 'DiagnosticsStatusNotification', {}));
  return { fileName: 'station.log' };
});
client.handle('GetLog', ({ params }) => {
  const about = { requestId: params.requestId };
  soon(() => sendLog(params.log.remoteLocation, 'LogStatusNotification', about));
  return { status: 'Accepted', filename: 'station.log' };
});

async function live() {
  await client.connect();
  await boot();
  await tellStatus('Available');
  await (isV16 ? chargeV16() : chargeV2());
}

live().catch(fail);
