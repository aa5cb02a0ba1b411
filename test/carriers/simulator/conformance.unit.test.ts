import { describeCarrier } from '../conformance.ts';
import { startSimulatorRig } from './rig.ts';

describeCarrier('the simulator', startSimulatorRig);
